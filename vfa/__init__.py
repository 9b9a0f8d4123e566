"""vfa: can this fractured vertebra be treated by vertebroplasty or kyphoplasty, and what stands against it?"""

__version__ = "0.1.0"
