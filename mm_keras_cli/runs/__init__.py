"""A training on the command line, and the folder that it leaves.

settings -> reading -> building -> fitting -> measuring -> page
            data       model       best.keras  metrics.json  index.html
"""
