"""Writes the comparison in docs/native-types.md anew."""

from tests.template.native_types import write

write()
