"""What everybody is called on the page, whoever has measured it."""

OURS = "this provider"
CDK = "the CDK's Provider framework"
CRHELPER = "stock crhelper"
CRHELPER_EACH_TWO_MINUTES = f"{CRHELPER}, polled every 2 minutes"
CRHELPER_EACH_MINUTE = f"{CRHELPER}, polled every minute"
