import marimo

__generated_with = "0.25.2"
app = marimo.App()


@app.cell
def _():
    import marimo as mo

    mo.md("How to get the library into a notebook: importing it is enough.")
    return


@app.cell
def _():
    import mediarecorder

    print(mediarecorder.__version__)
    return


if __name__ == "__main__":
    app.run()
