"""Golden plans: plans with inputs and outputs, which every release and every environment must reproduce bit by bit.

``python -m feature_dsl.golden`` checks them; it needs numpy, pyarrow, numba, lark and yaml alone.
"""
