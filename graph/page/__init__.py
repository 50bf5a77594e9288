"""The report page in parts: what it reads, the figures it draws, the partials and the style it is made of."""
