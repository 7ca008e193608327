"""Tables that Chromium was asked for or that its sources hold."""
