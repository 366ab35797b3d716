"""Sessions of the SDK that know nothing of the user's own AWS account."""

import os

import botocore.session


def isolated_session() -> botocore.session.Session:
    """A session without profile and files, whatever AWS_PROFILE and the home directory say.

    Making a client is not safe in several threads at once; using clients is.
    """
    # Each variable of the session: (name in the file, in the environment, default, conversion).
    return botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
