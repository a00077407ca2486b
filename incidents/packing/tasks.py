"""The job that draws a pack, run by the worker. It may be run again after a crash.

A request that orders it imports this module; what draws is imported by the job alone.
"""

from django_tasks import task


@task()
def draw_pack(pack: int) -> None:
    """Draw one pack and seal it for its link."""
    from incidents.packing import making

    making.make(pack)
