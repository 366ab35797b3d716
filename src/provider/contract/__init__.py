"""CloudFormation's protocol and the resource's schema: pure, and free of AWS.

The linter ships exactly this package, so its modules import each other by relative paths.
"""
