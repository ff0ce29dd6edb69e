"""One module for each group of pages: reads of the application in, view models out."""
