"""Recordings in other formats: pages, workbooks, films, figures and paper.

The library must not depend on this package.

recording_json.py  recordings as JSON documents
figures.py         the figures of a recording, by name
film.py            a training as an animation
film_encoding.py   GIF and MP4 files
export_formats.py  the formats and their options
export.py          `export`, which chooses the format by file extension
excel/             workbooks with live formulas
worksheets/        exercises on paper, with solutions
"""
