"""The page elsewhere: in one offline file, and in a notebook."""
