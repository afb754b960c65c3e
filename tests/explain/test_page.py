"""A page is whole, and shows text as text."""

import base64
import re
import xml.etree.ElementTree

from matplotlib.figure import Figure

from mm_keras.explain import page as html


def test_page_has_its_headings_and_parts_in_order():
    text = html.page(
        "A title",
        {"One": [html.paragraph("first")], "Two": [html.code("second")]},
    )
    places = [
        text.index(part)
        for part in ("<h1>A title", "<h2>One", "first", "<h2>Two", "second")
    ]
    assert places == sorted(places)


def test_signs_of_html_are_shown_as_they_are():
    parts = [
        html.paragraph("a < b & c"),
        html.code('x["<y>"]'),
        html.table(("<h>",), [("<cell>",)]),
    ]
    text = html.page("<title>", {"<heading>": parts})
    for sign in ("&lt;title&gt;", "&lt;heading&gt;", "a &lt; b &amp; c"):
        assert sign in text
    assert "<y>" not in text and "<cell>" not in text and "<h>" not in text


def test_table_has_a_header_and_rows():
    table = html.table(("task", "score"), [("digits", "0.8"), ("mask", "0.9")])
    rows = xml.etree.ElementTree.fromstring(table)
    cells = [[cell.text for cell in row] for row in rows]
    assert cells == [["task", "score"], ["digits", "0.8"], ["mask", "0.9"]]


def test_picture_is_inside_the_page():
    figure = Figure()
    figure.add_subplot()
    file = html.png(figure)
    tag = html.picture(file, 'a "curve"')
    assert "&quot;curve&quot;" in tag
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', tag)
    assert base64.b64decode(data) == file
    assert file.startswith(b"\x89PNG")
