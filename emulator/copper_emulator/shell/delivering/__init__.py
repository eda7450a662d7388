"""How does the time of an account pass, and how are the attempts of each round sent?"""
