"""The gateways: one for each service, one way to build a client, one way to read an error."""
