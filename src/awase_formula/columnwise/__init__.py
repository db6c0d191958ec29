"""The same meaning over whole columns: Polars expressions with every case of null written out.

What an expression cannot say exactly is left to the row form, whole formulas by ``NotVectorisable`` and single rows by a mark
(``Scope.doubt``); nothing is approximated.
"""
