"""One AWS account in this process, for every test that plays one: the provider's real handlers and
state machines, the emulator of Comprehend, and a model of CloudFormation, in virtual time.

What the provider is given from outside (clients of the SDK, the connection for its answers, the
clock) is injected. Nothing of the provider is patched.
"""
