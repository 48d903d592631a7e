"""Many networks: populations of seeds and sweeps of recipes.

Results must not depend on the number of threads or workers.

cohort.py      networks trained side by side
population.py  one recipe on many seeds
ladder.py      the ablation from memorizer to learner
trials.py      grids of architectures and recipes
aggregates.py  counts that can be merged in any order
shards.py      a sweep, divided into ranges of seeds
store.py       the Parquet files of a sweep
executors.py   shards on threads or on a dask cluster
sweep.py       many recipes on many seeds
estimate.py    the expected duration of a sweep
"""
