"""The ledger of model use at ten million rows: a page of it, questions in SQL, closing its months, exporting it."""
