"""One call of a model provider at a time, for steps of recipes: blocking, over the house's one client."""

from tiebeam.connect.models.call import ModelAnswer, ModelClient

__all__ = ["ModelAnswer", "ModelClient"]
