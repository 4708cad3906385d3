"""What starts and stops a service: Prunella itself (`process`) or the operator's commands (`command`)."""
