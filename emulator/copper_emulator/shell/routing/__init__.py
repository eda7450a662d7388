"""Where does a target lead, what kind of endpoint is there, and what do the two exchange?"""
