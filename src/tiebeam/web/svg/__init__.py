"""Charts and workflow graphs drawn on the server as small SVG texts, coloured by CSS classes only."""

from tiebeam.web.svg.charts import Bar, LineMark, Series, bar_chart, line_chart, sparkline, stacked_bars
from tiebeam.web.svg.curves import Curve, Marker, curve_chart
from tiebeam.web.svg.flow import FlowStep, draw_flow
from tiebeam.web.svg.graph import draw_graph
from tiebeam.web.svg.grids import Span, WaterfallPart, heat_grid, span_chart, waterfall
from tiebeam.web.svg.layout import Edge, Layout, Node, TooManyNodes, lay_out
from tiebeam.web.svg.ranges import RangeBar, Swing, ladder, range_chart, tornado_chart
from tiebeam.web.svg.scale import MAX_POINTS, linear_ticks, log_ticks, short_number
from tiebeam.web.svg.shares import ShareLine, Zone, share_chart

__all__ = [
    "MAX_POINTS",
    "Bar",
    "Curve",
    "Edge",
    "FlowStep",
    "Layout",
    "LineMark",
    "Marker",
    "Node",
    "RangeBar",
    "Series",
    "ShareLine",
    "Span",
    "Swing",
    "TooManyNodes",
    "WaterfallPart",
    "Zone",
    "bar_chart",
    "curve_chart",
    "draw_flow",
    "draw_graph",
    "heat_grid",
    "ladder",
    "lay_out",
    "line_chart",
    "linear_ticks",
    "log_ticks",
    "range_chart",
    "share_chart",
    "short_number",
    "span_chart",
    "sparkline",
    "stacked_bars",
    "tornado_chart",
    "waterfall",
]
