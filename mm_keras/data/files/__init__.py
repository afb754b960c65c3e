"""A user's own files.

VOC, COCO, CSV, folders -> records -> examples -> pipeline.batches
                           faults: by sample, raised or skipped
"""
