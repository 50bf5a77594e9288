"""Makers of the ready domains' seed items: our own words and numbers, always the same.

``python -m tutelage.configs.seeds FOLDER`` writes the files. They are there so that every ready domain runs offline,
and are no substitute for the data sets that the domains name on the hub.
"""
