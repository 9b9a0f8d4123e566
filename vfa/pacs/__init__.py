"""The doors to a PACS: sending a result, and listening for studies to answer (extra `pacs`)."""
