"""Reading the matrix as a person does: its tables, their rows, one thing across all tables, words anywhere.

`tables` lists and filters, `search` finds words, `show` gathers what is known of one thing and what follows from it
(`conclusions`). A new table is listed and searched by itself, and shown for a package if it has the columns `name` and
`version` or `specifier`; an image table gets one line in `images.TABLES`.
"""
