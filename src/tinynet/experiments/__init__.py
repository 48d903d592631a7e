"""Many networks: populations of seeds and sweeps of recipes.

Results must not depend on the number of threads or workers.

cohort.py          networks trained side by side
seeds.py           a range of seeds, trained on threads
population.py      one recipe on many seeds
ladder.py          the ablation from memorizer to learner
trials.py          grids of architectures and recipes
aggregates.py      counts that can be merged in any order
shards.py          the unit of work of a sweep: a range of seeds
plan.py            the trials of a sweep, cut into shards
result_tables.py   the tables of a sweep, as Parquet and JSON
earlier_shards.py  shards that an earlier version stored
store.py           the folder of a sweep
executors.py       shards on threads or on a dask cluster
sweep_state.py     the counts of a running sweep
sweep.py           many recipes on many seeds
estimate.py        the expected duration of a sweep
"""
