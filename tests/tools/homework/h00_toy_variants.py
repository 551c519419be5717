# What `course.py homework test h00` tries in place of the key's answers; each cell replaces a whole answer.


# %% nbgrader={"grade_id": "relu"} variant={"right": "a loop"}
def scaled_relu(values):
    return np.array([SCALE * max(value, 0) for value in np.ravel(values)]).reshape(np.shape(values))


# %% nbgrader={"grade_id": "relu"} variant={"loses": 2, "says": "scale is missing"}
def scaled_relu(values):
    return np.maximum(values, 0)


# %% nbgrader={"grade_id": "relu"} variant={"loses": 3, "says": "Negative values stay"}
def scaled_relu(values):
    return SCALE * values
