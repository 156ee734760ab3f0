"""Alliance Atlas: the library behind the graph, the questions and the validator."""

__all__ = ["__version__"]

__version__ = "0.1.0"
