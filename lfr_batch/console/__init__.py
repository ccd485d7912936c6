"""The officers' screen: a small web application beside the van."""
