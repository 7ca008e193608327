"""OpenAddons: a browser add-on store that anyone can run."""

__version__ = "0.1.0"
