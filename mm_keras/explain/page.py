"""Parts of a page of HTML that needs no other file."""

import base64
import html
import io

STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem;
       margin: 2rem auto; padding: 0 1rem; color: #1f2328; background: #fff; }
h1, h2 { line-height: 1.2; font-weight: 600; }
h2 { margin-top: 2.5rem; }
img { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .3rem 2rem .3rem 0;
         border-bottom: 1px solid #d8dee4; font-variant-numeric: tabular-nums; }
pre { background: #f6f8fa; padding: 1rem; overflow-x: auto;
      border-radius: 6px; }
"""


def page(title, sections):
    """Returns a page.

    Args:
        title: Title of the page.
        sections: Dictionary from heading to the list of what stands below it:
            parts that the functions of this module made.
    """
    body = [f"<h1>{html.escape(title)}</h1>"]
    for heading, parts in sections.items():
        body += [f"<h2>{html.escape(heading)}</h2>", *parts]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{html.escape(title)}</title>",
            f"<style>\n{STYLE}</style>",
            *body,
            "</html>\n",
        ]
    )


def paragraph(text):
    """Returns a paragraph."""
    return f"<p>{html.escape(text)}</p>"


def code(text):
    """Returns lines of code."""
    return f"<pre><code>{html.escape(text)}</code></pre>"


def table(header, rows):
    """Returns a table of a header and rows, all of them lists of strings."""
    return "\n".join(
        [
            "<table>",
            _row("th", header),
            *[_row("td", row) for row in rows],
            "</table>",
        ]
    )


def _row(tag, cells):
    inner = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
    return f"<tr>{inner}</tr>"


def png(figure):
    """Returns a figure of matplotlib as the bytes of a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def picture(data, alt):
    """Returns a picture that is kept inside the page.

    Args:
        data: Bytes of a PNG file, as `png` returns them.
        alt: What stands for the picture where it cannot be shown.
    """
    data = base64.b64encode(data).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'
