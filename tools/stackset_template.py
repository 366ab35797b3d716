"""Writes the application's template for StackSets: `make stackset`.

A stack set with service-managed permissions takes no transform, so the packaged template is
expanded here. Lambda takes code only from a bucket in its own region, so each region has a bucket
of its own, whose name ends in the region's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tools.packaging import LISTING, Template, expand, location


def for_stack_sets(packaged: Template, bucket: str) -> Template:
    """Give a packaged template without its transform, with code from BUCKET-REGION."""
    template = expand(packaged)
    # It is the repository's, and names files in the bucket of one region.
    template.get("Metadata", {}).pop(LISTING, None)
    here = {"Fn::Sub": f"{bucket}-${{AWS::Region}}"}
    for resource in template["Resources"].values():
        for place in resource.get("Properties", {}).values():
            if isinstance(place, dict) and location(place) is not None:
                place["S3Bucket" if "S3Bucket" in place else "Bucket"] = here
    return template


def main(arguments: Sequence[str] | None = None) -> int:
    """Give the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.stackset_template", description=__doc__)
    parser.add_argument("packaged", type=Path, help="what sam package has written")
    parser.add_argument("bucket", help="the buckets' name, less a hyphen and the region")
    parser.add_argument("output", type=Path)
    given = parser.parse_args(arguments)
    packaged: dict[str, Any] = yaml_parse(given.packaged.read_text())
    template = for_stack_sets(packaged, given.bucket)
    given.output.write_text(json.dumps(template, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
