"""The management API, ``/manage/v1``: what the four endpoints do not tell. One module for each noun.

Each noun has a table of its endpoints (`endpoints.Endpoint`): from it the surface routes, reads what is given and
describes itself (`openapi`).
"""
