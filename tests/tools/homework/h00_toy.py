# ---
# jupyter:
#   course: {assignment: h00, title: A toy, points: 6, minutes: 10}
# ---

# %% [markdown]
# # Homework 0: A toy
#
# You do: one function, one number, one sentence. 6 points, about 10 minutes.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from helpers.teaching import homework

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
SCALE = 3  # one of 3, 5, 7
SEED = 0  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "relu_text", "locked": true}
# ## 1. The scaled ReLU (4 points, 5 minutes)
#
# Return `SCALE` times the value where it is positive, and 0 elsewhere.


# %% nbgrader={"grade_id": "relu", "solution": true}
def scaled_relu(values):
    ### BEGIN SOLUTION
    return SCALE * np.maximum(values, 0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "relu_check", "grade": true, "locked": true, "points": 4}
relu = homework.Question("1. The scaled ReLU", points=4)
relu.equal(1, "zero stays zero", lambda: scaled_relu(np.zeros(3)), np.zeros(3))
relu.holds(1, "nothing is below zero", lambda: scaled_relu(np.array([-2.0, 2.0])), lambda found: np.min(found) >= 0)
### BEGIN HIDDEN TESTS
drawn = np.random.default_rng(SEED + 1).normal(size=(4, 5))
relu.equal(
    2,
    "on other values",
    lambda: scaled_relu(drawn),
    SCALE * np.where(drawn > 0, drawn, 0),
    mistakes={"The scale is missing.": np.maximum(drawn, 0), "Negative values stay.": SCALE * drawn},
)
### END HIDDEN TESTS
relu.score()

# %% [markdown] nbgrader={"grade_id": "why", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# Because a negative value means that the pattern is not there. (1 point for "negative", 1 for the reason.)
# ### END SOLUTION

# %% [markdown]
# ## Declaration (0 points)

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
