"""Why a call has nowhere to go. Each says who decides and what to do."""

from __future__ import annotations

from tiebeam.errors import Invalid, NotFound, Refused, TiebeamError


class UnknownModel(NotFound):
    """No served model and no route goes by that name."""

    code = "unknown_model"


class UnknownTaskClass(Invalid):
    """The route has no class of that name."""

    code = "unknown_task_class"


class EndpointNotServed(Invalid):
    """None of the model's upstreams speaks this endpoint."""

    code = "endpoint_not_served"


class NotApproved(Refused):
    """The central register covers no upstream of the model."""

    code = "provider_not_approved"


class NoModelFits(Refused):
    """No model of the class is good enough, approved and able to take the call."""

    code = "no_model_fits"


class ClassExhausted(TiebeamError):
    """The class has used up its tokens of the day."""

    code = "task_class_exhausted"
    status = 429
