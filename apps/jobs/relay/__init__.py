"""The relay: from the directors' Redis streams into the database and on to browsers."""
