"""The made-up papers of Harbour Tools GmbH: orders, receipts, suppliers and an inbox of invoices."""
