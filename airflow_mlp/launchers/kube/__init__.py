"""What launchers on Kubernetes share: the connection, pods' states and pods' logs."""
