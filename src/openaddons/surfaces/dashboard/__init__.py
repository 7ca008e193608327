"""The dashboard: publishers manage, reviewers decide, administrators look after the store.

::

    pages.py      what a page is: a row of a table        app.py     who may, forms, headers: once for all pages
    forms.py      form bodies, within limits              cookies.py sessions, and forms of one's own pages
    cards.py      tables on a phone
"""
