"""Views by family. They read with selectors and write with services, nothing else."""
