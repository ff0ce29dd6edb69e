"""Graphs and charts are laid out on the server, also when workflows loop back."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.web import svg
from tiebeam.web.svg.layout import back_edges, collapse_groups, lay_out
from tiebeam.web.svg.scale import thinned

LOOP_NODES = tuple(svg.Node(name, name) for name in ("read", "match", "decide", "review", "ask", "post", "close"))
LOOP_EDGES = (
    svg.Edge("read", "match"),
    svg.Edge("match", "decide"),
    svg.Edge("decide", "review"),
    svg.Edge("decide", "post"),
    svg.Edge("review", "ask"),
    svg.Edge("ask", "match", "answer"),
    svg.Edge("review", "post"),
    svg.Edge("read", "close"),
    svg.Edge("post", "close"),
)


def drawn(markup: str) -> ET.Element:
    return ET.fromstring(markup)


def test_a_workflow_that_asks_and_matches_again_has_exactly_one_back_edge() -> None:
    found = back_edges(LOOP_NODES, LOOP_EDGES)
    assert [LOOP_EDGES[index].label for index in found] == ["answer"]


def test_a_looping_graph_keeps_its_forward_order() -> None:
    layout = lay_out(LOOP_NODES, LOOP_EDGES)
    for edge, is_back, _ in layout.paths:
        forward = layout.layer[edge.source] < layout.layer[edge.target]
        assert forward != is_back, edge
    assert layout.layer["read"] == 0
    assert layout.layer["close"] == max(layout.layer.values())


def test_a_long_edge_passes_through_one_dummy_on_every_layer_between() -> None:
    layout = lay_out(LOOP_NODES, LOOP_EDGES)
    way = next(way for edge, _, way in layout.paths if (edge.source, edge.target) == ("read", "close"))
    assert [layout.layer[name] for name in way] == list(range(layout.layer["close"] + 1))


def test_no_two_things_share_a_place() -> None:
    layout = lay_out(LOOP_NODES, LOOP_EDGES)
    places = [(layout.layer[name], layout.row[name]) for name in layout.layer]
    assert len(places) == len(set(places))


def test_a_step_that_repeats_itself_is_drawn() -> None:
    text = svg.draw_graph([svg.Node("a", "A")], [svg.Edge("a", "a", "retry")], name="Self loop")
    assert "retry" in text


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_any_graph_is_laid_out_and_drawn(pairs: list[tuple[int, int]]) -> None:
    nodes = [svg.Node(str(number), f"Step {number}") for number in range(10)]
    edges = [svg.Edge(str(a), str(b)) for a, b in pairs]
    layout = lay_out(nodes, edges)
    assert len(layout.paths) == len(edges)
    assert all(layout.layer[e.source] < layout.layer[e.target] for e, is_back, _ in layout.paths if not is_back)
    drawn(svg.draw_graph(nodes, edges, name="Any"))


def test_past_sixty_nodes_groups_stand_for_their_members() -> None:
    nodes = [svg.Node(f"n{i}", f"n{i}", group=f"phase {i // 10}") for i in range(80)]
    edges = [svg.Edge(f"n{i}", f"n{i + 1}") for i in range(79)]
    merged, kept = collapse_groups(nodes, edges)
    assert len(merged) == 8
    assert len(kept) == 7
    assert "10 steps" in svg.draw_graph(nodes, edges, name="Large")
    with pytest.raises(svg.TooManyNodes):
        lay_out(nodes, edges)


def test_names_from_documents_cannot_become_markup() -> None:
    text = svg.draw_graph([svg.Node("x", '<script>"&', '">', "done", 'javascript:"')], [], name='"><b>')
    root = drawn(text)
    assert "<script" not in text
    assert root.attrib["aria-label"] == '"><b>'


def test_charts_carry_no_inline_style_and_name_every_mark() -> None:
    labels = [str(day) for day in range(30)]
    values = tuple(float(day) for day in range(30))
    charts = (
        svg.line_chart(labels, [svg.Series("Cost", values)], name="Cost", step=True),
        svg.stacked_bars(labels, [svg.Series("A", values, "s1"), svg.Series("B", values, "s2")], name="Outcomes"),
        svg.bar_chart([svg.Bar("A", 3), svg.Bar("B", -1)], name="Bars"),
        svg.waterfall([svg.WaterfallPart("Start", 10, True), svg.WaterfallPart("Loss", -4)], name="Value"),
        svg.heat_grid(["r"], ["c", "d"], [[1.0, None]], name="Heat"),
        svg.span_chart([svg.Span("Read", 0, 0.01)], name="Spans", shown=str),
    )
    for chart in charts:
        root = drawn(chart)
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"]
        assert "style=" not in chart
        assert "data-tip" in chart
        assert len(chart) < 16_000


def test_a_gap_is_a_gap_and_not_zero() -> None:
    chart = svg.line_chart(["a", "b", "c"], [svg.Series("x", (1.0, None, 2.0))], name="Gap")
    path = re.search(r'class="line s1" d="([^"]+)"', chart)
    assert path is not None
    assert path.group(1).count("M") == 2


def test_a_log_axis_spaces_powers_of_ten_equally_and_leaves_out_zero() -> None:
    assert svg.log_ticks(0.003, 40) == [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]
    chart = svg.line_chart(["a", "b", "c"], [svg.Series("x", (0.0, 1.0, 100.0))], name="Log", log=True)
    path = re.search(r'class="line s1" d="([^"]+)"', chart)
    assert path is not None
    assert path.group(1).count("M") == 1


def test_never_more_than_two_thousand_points() -> None:
    assert len(thinned(100_000)) <= svg.MAX_POINTS
    chart = svg.sparkline([float(i % 7) for i in range(9_000)], name="Many")
    assert chart.count(",") <= svg.MAX_POINTS


@pytest.mark.parametrize(("low", "high", "expected"), [(0, 10, [0, 2.5, 5, 7.5, 10]), (0, 0, [0, 0.25, 0.5, 0.75, 1])])
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert svg.linear_ticks(low, high) == expected


def test_curves_have_two_axes_in_powers_of_ten_and_name_where_they_cross() -> None:
    metered = svg.Curve("Metered", ((1e6, 6.0), (1e7, 60.0), (1e8, 600.0)))
    own = svg.Curve("Own GPU", ((1e6, 300.0), (1e7, 300.0), (1e8, 600.0)), tone="s2", step=True)
    crossing = svg.Marker(5e7, "Break-even", 300.0)
    drawn = svg.curve_chart([metered, own], name="Cost by volume", markers=[crossing, svg.Marker(1e12, "Far away")])
    assert drawn.count('class="line') == 2
    assert "V" in drawn.split('class="line s2"')[1].split('"/>')[0], "a step goes up at once"
    assert 'class="cross"' in drawn
    assert "Break-even" in drawn
    assert "Far away" not in drawn
    assert "1e+07" not in drawn
    assert 'data-tip="10M: Metered 60, Own GPU 300"' in drawn


def test_curves_without_a_point_draw_nothing_and_one_point_still_shows() -> None:
    assert "<path" not in svg.curve_chart([svg.Curve("Free", ((10.0, 0.0),))], name="Nothing")
    assert "h0.01" in svg.curve_chart([svg.Curve("Once", ((10.0, 1.0),))], name="One")


def test_ranges_lie_on_one_scale_and_say_their_figures() -> None:
    bars = [svg.RangeBar("Cost", 1, 2, 4), svg.RangeBar("A margin <below> zero", -3, -1, 1)]
    found = drawn(svg.range_chart(bars, name="Ranges", reference=3.0, shown=lambda value: f"{value:g}"))
    tips = [one.get("data-tip") for one in found.iter("rect")]
    assert tips == ["Cost: 1 – 2 – 4", "A margin <below> zero: -3 – -1 – 1"]
    widths = [float(one.get("width", "0")) for one in found.iter("rect")]
    assert widths[1] / widths[0] == pytest.approx(4 / 3, rel=0.01)


def test_a_tornado_runs_from_its_centre_both_ways() -> None:
    swings = [svg.Swing("Minutes", 1.0, 3.0, "4", "15", "#figure-minutes"), svg.Swing("Rate", 2.5, 1.5, "0.1", "0.3")]
    found = drawn(svg.tornado_chart(swings, 2.0, name="Tornado", shown=lambda value: f"{value:g}"))
    boxes = [(float(one.get("x", "0")), float(one.get("width", "0"))) for one in found.iter("rect")]
    assert boxes[0][0] + boxes[0][1] == pytest.approx(boxes[1][0])
    assert [one.get("href") for one in found.iter("a")] == ["#figure-minutes"]
    assert [one.get("data-tip") for one in found.iter("rect")][2] == "Rate at 0.1: 2.5"


def test_a_ladder_begins_each_step_where_the_last_ended() -> None:
    parts = [svg.WaterfallPart("Tokens", 2.0), svg.WaterfallPart("People", 3.0), svg.WaterfallPart("Cost", 5.0, True)]
    found = drawn(svg.ladder(parts, name="Ladder"))
    boxes = [(float(one.get("x", "0")), float(one.get("width", "0"))) for one in found.iter("rect")]
    assert boxes[1][0] == pytest.approx(boxes[0][0] + boxes[0][1])
    assert boxes[2] == pytest.approx((boxes[0][0], boxes[0][1] + boxes[1][1]))
