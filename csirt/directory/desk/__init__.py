"""What admins set: opening hours, how the desk is reached, texts, values that are no indicators.

One mechanism: a setting has a name, versions that are all kept, and one that is in force.
"""
