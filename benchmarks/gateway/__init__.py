"""What the gateway adds to a call, beside its peers and beside no gateway at all."""
