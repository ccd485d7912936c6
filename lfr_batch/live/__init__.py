"""Live deployments: what a camera van does, apart from the faces themselves."""
