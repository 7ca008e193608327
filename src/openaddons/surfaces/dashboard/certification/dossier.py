"""What the page of a submission shows, to its reviewer and to its publisher alike."""

import json
from collections import Counter
from typing import Any

from openaddons.packages.comparing import Comparison, side_by_side
from openaddons.store.certification.developer_policies import DEVELOPER_POLICIES
from openaddons.store.certification.dossiers import Dossier
from openaddons.surfaces.dashboard.products.rules import known_rules


def dossier_values(dossier: Dossier) -> dict[str, Any]:
    """The values of its template."""
    findings = dossier.review.findings
    return {
        "dossier": dossier,
        "submission": dossier.submission,
        "standing": dossier.standing,
        "review": dossier.review,
        "manifest": _manifests(dossier),
        "rules": known_rules(),
        "warned": Counter(each.code for each in findings),
        "developer_policies": DEVELOPER_POLICIES,
    }


def _manifests(dossier: Dossier) -> Comparison:
    old = dossier.old_manifest
    return side_by_side(None if old is None else _pretty(old), _pretty(dossier.new_manifest))


def _pretty(manifest: dict[str, Any]) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False)
