"""Places, staff and roles administered; the trace searched by the auditor."""
