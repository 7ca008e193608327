"""What an add-on's package is: ZIP, manifest, rules, signed CRX3. Pure: bytes in, values out.

=================  ====================================================================
``check``          an upload's findings, and the package if there is no error
``archive``        a strict reader of ZIP archives (``records``, ``paths`` beside it)
``canonical``      the one ZIP that gets signed
``crx3``           sign, verify, the id; the only module here that needs ``cryptography``
``manifest``       manifest.json (``browser_json``: JSON as the browser reads it)
``version``        version numbers
``rules``          one rule, one function
=================  ====================================================================
"""
