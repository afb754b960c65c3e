"""The same ResNet18 in PyTorch, trained step by step on request.

`training_step.py` runs it in a process of its own, so that the two frameworks
share no threads. Arguments are the batch size, the channels of the first stage
and the number of blocks of each. It reads lines `float32 6` (type and number of
steps) from standard input, and answers each with its seconds of wall and
processor.
"""

import sys
import time

import torch
from torch import nn

MOMENTUM, EPSILON = 0.1, 1e-3
CLASSES, RATE = 10, 0.01


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, added to their input, then ReLU."""

    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.main = nn.Sequential(
            *convolution(channels_in, channels, 3, stride),
            nn.ReLU(inplace=True),
            *convolution(channels, channels, 3, 1),
        )
        self.shortcut = nn.Identity()
        if stride > 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                *convolution(channels_in, channels, 1, stride)
            )

    def forward(self, x):
        return nn.functional.relu(self.main(x) + self.shortcut(x))


def convolution(channels_in, channels, size, stride):
    """Returns a convolution without bias and its normalization."""
    return (
        nn.Conv2d(channels_in, channels, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(channels, momentum=MOMENTUM, eps=EPSILON),
    )


def resnet(width, blocks):
    """Returns what `training_step.encoder` returns, and a head."""
    parts = [*convolution(3, width, 3, 1), nn.ReLU(inplace=True)]
    channels_in = width
    for stage, num_blocks in enumerate(blocks):
        channels = width * 2**stage
        for block in range(num_blocks):
            stride = 2 if stage and not block else 1
            parts.append(BasicBlock(channels_in, channels, stride))
            channels_in = channels
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES)
    return nn.Sequential(*parts, *head)


def trainer(dtype, batch_size, width, *blocks):
    """Returns a function that trains a number of steps."""
    torch.manual_seed(0)
    model = resnet(width, blocks).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), RATE, momentum=0.9)
    images = torch.rand(batch_size, 3, 32, 32) * 255
    images = images.to(memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (batch_size,))

    def train(steps):
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(
                "cpu", torch.bfloat16, enabled=dtype == "bfloat16"
            ):
                logits = model(images / 127.5 - 1)
                loss = nn.functional.cross_entropy(logits.float(), labels)
            loss.backward()
            optimizer.step()
            loss.item()

    return train


def main(sizes):
    trainers = {
        dtype: trainer(dtype, *sizes) for dtype in ("float32", "bfloat16")
    }
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        dtype, steps = line.split()
        wall, cpu = time.perf_counter(), time.process_time()
        trainers[dtype](int(steps))
        print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
