"""Cells of tables are told the name of their column."""

from openaddons.surfaces.dashboard.cards import label_cells

HEAD = '<thead><tr><th scope="col">Version</th><th scope="col" class="number"><span>Size</span></th></tr></thead>'


def test_each_cell_says_its_column_in_every_row_of_every_table() -> None:
    rows = '<tr><th scope="row">1.0</th><td class="number">5</td></tr>\n' * 2
    table = f'<table class="events">\n{HEAD}\n<tbody>{rows}</tbody></table>'

    labelled = table.replace('scope="row"', 'scope="row" data-label="Version"').replace(
        "<td", '<td data-label="Size"'
    )
    assert label_cells(f"<p>{table}</p>{table}") == f"<p>{labelled}</p>{labelled}"


def test_texts_side_by_side_and_what_only_looks_like_a_table_stay_as_they_are() -> None:
    page = f'<table class="compare">{HEAD}<tr><td>a</td></tr></table><p>&lt;table&gt;&lt;td&gt;</p><td>'

    assert label_cells(page) == page
