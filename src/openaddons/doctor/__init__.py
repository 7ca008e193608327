"""Why a browser does not install an add-on: the store is asked as a browser asks it, and each known cause is looked at.

::

    install    the checks, in the order in which a browser would meet them
    policies   the checks of the policies on this machine (Linux)
    asking     bounded requests
    answers    the XML, read as Chromium reads it
"""
