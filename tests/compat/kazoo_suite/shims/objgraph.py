"""The one function that kazoo's tests take from the objgraph package."""
import gc


def count(typename):
    return sum(1 for thing in gc.get_objects() if type(thing).__name__ == typename)
