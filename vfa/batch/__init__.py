"""A PACS export → a cohort: one study is one unit of work, a journal decides what is left to do.

Kept free of imports, so that a worker process can set its limits before any numerical library starts its threads.
"""
